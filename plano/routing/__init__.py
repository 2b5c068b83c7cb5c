"""From what a client asked for to the candidates that may answer. Decides; calls nobody."""
