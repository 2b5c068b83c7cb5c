"""plano beside nginx, HAProxy and Envoy in front of one scripted provider, on one machine, in one run."""
