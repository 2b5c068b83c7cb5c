"""What each compiled module gains over its Python twin. `python -m bench.micro.table` prints it as Markdown."""
