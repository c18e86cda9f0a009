# ruleid: secret-compared
signature == sent
# ruleid: secret-compared
sent != self.secret
# ruleid: secret-compared
row.token == given
# ok: secret-compared
hmac.compare_digest(signature, sent)
# ok: secret-compared
token.name == name
# ok: secret-compared
digest == content
