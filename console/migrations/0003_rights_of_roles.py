"""Gives the roles the rights of the audit log, of proposals at every layer, of plans and of break-glass."""

from django.db import migrations

# An admin manages people and configures nothing; the log is the auditor's alone, who also sees who may do what.
RIGHTS = {
    "engineer": ("integrations.repository.propose_platform", "integrations.repository.run_plan"),
    "responder": ("integrations.repository.request_grant",),
    "approver": ("integrations.repository.decide_grant",),
    "auditor": (
        "audit.entry.view_log",
        "audit.entry.verify_log",
        "audit.entry.export_evidence",
        "console.user.view_user",
    ),
}
NAMES = {
    "propose_platform": "Can propose changes at the platform and environment layers",
    "run_plan": "Can run a plan",
    "request_grant": "Can ask for a break-glass grant",
    "decide_grant": "Can decide on break-glass requests",
    "view_log": "Can see the audit log",
    "verify_log": "Can verify the audit log",
    "export_evidence": "Can export evidence from the audit log",
    "view_user": "Can view user",
}


def seed(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    for role, rights in RIGHTS.items():
        group, _ = Group.objects.get_or_create(name=role)
        for right in rights:
            app_label, model, codename = right.split(".")
            # Permissions are otherwise made after the last migration, too late to be granted here.
            kind, _ = ContentType.objects.get_or_create(app_label=app_label, model=model)
            found, _ = Permission.objects.get_or_create(
                content_type=kind, codename=codename, defaults={"name": NAMES[codename]}
            )
            group.permissions.add(found)


class Migration(migrations.Migration):
    dependencies = [("console", "0002_roles"), ("integrations", "0006_rights"), ("audit", "0003_rights")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
