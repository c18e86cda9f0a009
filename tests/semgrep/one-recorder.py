# ruleid: one-recorder
Entry.objects.create(event="x")
# ruleid: one-recorder
Entry.objects.bulk_create(rows)
# ruleid: one-recorder
Entry.objects.filter(pk=1).update(event="x")
# ruleid: one-recorder
Entry(event="x").save()
# ok: one-recorder
Entry.objects.filter(event="x").count()
# ok: one-recorder
record(Event.X, actor=actor, subject=subject)
