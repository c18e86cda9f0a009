"""Signing in: passwords, second factors, sessions and single sign-on, each act with its entry in the audit log."""
