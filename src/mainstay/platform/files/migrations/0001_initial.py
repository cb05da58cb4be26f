import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import mainstay.kit.uuid7


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('identity', '0001_initial'),
        ('units', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='StoredFile',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sha256', models.CharField(editable=False, max_length=64, verbose_name='SHA-256')),
                ('size', models.BigIntegerField(editable=False, verbose_name='size in bytes')),
                ('name', models.CharField(help_text='A label; no path is ever made of it.', max_length=255, verbose_name='file name')),
                ('media_type', models.CharField(editable=False, max_length=100, verbose_name='media type')),
                ('wrapped_key', models.BinaryField(max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='uploaded')),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='uploaded by')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('unit', models.ForeignKey(help_text='Where in the organisation this belongs; decides who sees it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'file',
                'verbose_name_plural': 'files',
                'ordering': ('-id',),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'indexes': [models.Index(fields=['organisation', 'sha256'], name='stored_file_content')],
                'constraints': [models.CheckConstraint(condition=models.Q(('size__gte', 0)), name='stored_file_size_not_negative')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
    ]
