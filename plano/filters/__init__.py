"""What looks at requests and answers on their way: chains of plugins' hooks and filter servers."""
