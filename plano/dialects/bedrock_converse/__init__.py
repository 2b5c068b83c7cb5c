"""Amazon Bedrock's Converse API; only providers speak it."""
