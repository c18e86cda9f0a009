def announce():
    with transaction.atomic():
        row.save()
        # ruleid: network-in-transaction
        client.request("POST", url)


@transaction.atomic(durable=True)
def publish(*, actor):
    # ruleid: network-in-transaction
    mirror.push(branch)
    record(Event.X, actor=actor)


@transaction.atomic
def look():
    # ruleid: network-in-transaction
    return run_git(["ls-remote", "--", url])


def good():
    # ok: network-in-transaction
    found = client.request("GET", url)
    with transaction.atomic():
        # ok: network-in-transaction
        Row.objects.create(body=found.content)
        # ok: network-in-transaction
        transaction.on_commit(send)
