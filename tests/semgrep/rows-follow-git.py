# ruleid: rows-follow-git
Account.objects.create(slug="acme")
# ruleid: rows-follow-git
Document.objects.filter(path="x").update(body={})
# ruleid: rows-follow-git
Connection.objects.filter(account=account).order_by("pk").delete()
# ruleid: rows-follow-git
Change(path="x").save()
# ok: rows-follow-git
Account.objects.filter(slug="acme").first()
# ok: rows-follow-git
ApiToken.objects.create(name="x")
