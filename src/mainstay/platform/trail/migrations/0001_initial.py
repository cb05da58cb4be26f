from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Change',
            fields=[
                ('seq', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('table', models.CharField(db_column='tbl', max_length=63)),
                ('pk_text', models.CharField(db_column='pk', max_length=64)),
                ('op', models.CharField(choices=[('I', 'added'), ('U', 'changed'), ('D', 'deleted')], max_length=1)),
                ('row', models.TextField(null=True)),
                ('before', models.TextField(null=True)),
                ('salt', models.BinaryField()),
                ('actor', models.CharField(max_length=80)),
                ('channel', models.CharField(max_length=20)),
                ('reason', models.CharField(max_length=500)),
                ('request', models.CharField(max_length=64)),
            ],
            options={
                'db_table': 'trail_change',
                'indexes': [models.Index(fields=['table', 'pk_text', 'seq'], name='trail_change_of_record')],
            },
        ),
    ]
