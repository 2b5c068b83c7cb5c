"""How the weights of the encoder router are made and judged. Needs torch; nothing of plano imports it."""
