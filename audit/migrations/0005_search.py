from django.db import migrations

from audit import search


def install(apps, schema_editor):
    search.install(schema_editor.connection)


def remove(apps, schema_editor):
    search.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_reading")]
    operations = [migrations.RunPython(install, remove)]
