"""Benches: `micro` compares the two builds module by module, `load` plano with other proxies under traffic."""
