"""A real OpenID provider (django-oauth-toolkit) as a Django project of its own, in a process of its own.

`python -m tests.oidc_provider FOLDER PORT` serves it. What it tells about people stands in FOLDER/claims.json, which a
test may change between two sign-ins; `tamper` there changes the ID token itself, as an attacker would.
"""
