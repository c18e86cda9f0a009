"""Lets engineers and approvers review and merge changes in the console's own forge."""

from django.db import migrations


def seed(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    # Permissions are otherwise made after the last migration, too late to be granted here.
    kind, _ = ContentType.objects.get_or_create(app_label="integrations", model="proposal")
    found, _ = Permission.objects.get_or_create(
        content_type=kind,
        codename="review_proposal",
        defaults={"name": "Can review and merge changes in the console's own forge"},
    )
    for role in ("engineer", "approver"):
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.add(found)


class Migration(migrations.Migration):
    dependencies = [("console", "0004_sessions_and_bound_tokens"), ("integrations", "0007_proposals")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
