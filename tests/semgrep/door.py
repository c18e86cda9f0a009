# ruleid: door
rows = Account.objects.filter(slug=slug)
# ruleid: door
rows = models.Document.objects.all()
# ruleid: door
row = get_object_or_404(Change, pk=pk)
# ok: door
account = account_for(request.user, slug, VIEW, repository=repository)
# ok: door
page = visit(request).reader.accounts(wanted)
# ok: door
names = Repository.objects.values_list("name")
