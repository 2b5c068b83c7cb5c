"""The default router model: a small encoder that compares a prompt with what routes say of themselves."""
