import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import mainstay.kit.uuid7
import mainstay.platform.records.models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('identity', '0001_initial'),
        ('units', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Action',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('ref', models.CharField(help_text='Short and for people: unique in the organisation.', max_length=40, verbose_name='reference')),
                ('ref_order', mainstay.platform.records.models.RefOrderField(default='', editable=False, max_length=120)),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('description', models.TextField(blank=True, max_length=20000, verbose_name='description')),
                ('tags', models.CharField(blank=True, help_text='Words separated by commas.', max_length=500, verbose_name='tags')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('state', models.CharField(choices=[('open', 'open'), ('doing', 'in progress'), ('done', 'done'), ('dropped', 'dropped')], default='open', editable=False, max_length=30, verbose_name='state')),
                ('priority', models.CharField(choices=[('high', 'high'), ('normal', 'normal'), ('low', 'low')], default='normal', max_length=10, verbose_name='priority')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='due')),
                ('done_on', models.DateField(editable=False, null=True, verbose_name='done on')),
                ('effort_days', models.DecimalField(blank=True, decimal_places=1, max_digits=7, null=True, verbose_name='effort, days')),
                ('cost', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, verbose_name='cost')),
                ('subject_kind', models.CharField(blank=True, editable=False, max_length=40, verbose_name='about')),
                ('subject_id', models.UUIDField(editable=False, null=True)),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('owner', models.ForeignKey(blank=True, help_text='The person accountable for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='owner')),
                ('unit', models.ForeignKey(help_text='Where in the organisation this belongs; decides who sees it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'action',
                'verbose_name_plural': 'actions',
                'ordering': ('ref',),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'indexes': [models.Index(fields=['owner', 'state', 'due_on'], name='action_owed'), models.Index(fields=['subject_id'], name='action_subject')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'ref'), name='action_ref_unique')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('subject_kind', models.CharField(max_length=40)),
                ('subject_id', models.UUIDField()),
                ('subject_label', models.CharField(max_length=250)),
                ('decision', models.CharField(choices=[('approved', 'approved'), ('rejected', 'rejected')], max_length=10, verbose_name='decision')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('digest', models.CharField(max_length=64)),
                ('frozen', models.JSONField()),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
            ],
            options={
                'verbose_name': 'approval',
                'verbose_name_plural': 'approvals',
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'indexes': [models.Index(fields=['subject_id', 'at'], name='approval_subject')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
    ]
