"""What an attempt's outcome means and who is asked next: pure, with the time and chance handed in."""
