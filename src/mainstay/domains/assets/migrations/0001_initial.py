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
            name='Asset',
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
                ('state', models.CharField(choices=[('in_use', 'in use'), ('planned', 'planned'), ('retired', 'retired')], default='in_use', editable=False, max_length=30, verbose_name='state')),
                ('kind', models.CharField(choices=[('information', 'information'), ('application', 'application'), ('software', 'software'), ('hardware', 'hardware'), ('device', 'device'), ('service', 'service'), ('network', 'network'), ('people', 'people'), ('site', 'site'), ('supplier_service', 'supplier service'), ('paper', 'paper')], default='information', max_length=20, verbose_name='kind')),
                ('form', models.CharField(blank=True, choices=[('digital', 'digital'), ('paper', 'paper'), ('cloud', 'cloud'), ('physical', 'physical')], max_length=10, verbose_name='form')),
                ('classification', models.CharField(blank=True, choices=[('public', 'public'), ('internal', 'internal'), ('confidential', 'confidential'), ('strictly_confidential', 'strictly confidential')], max_length=30, verbose_name='classification')),
                ('personal_data', models.CharField(choices=[('none', 'none'), ('personal', 'personal'), ('special', 'special category'), ('unknown', 'unknown')], default='unknown', help_text='Special categories are health, biometric, belief and the like (GDPR art. 9).', max_length=10, verbose_name='personal data')),
                ('confidentiality', models.PositiveSmallIntegerField(blank=True, choices=[(1, 'low'), (2, 'medium'), (3, 'high'), (4, 'very high')], help_text='Its own need; what it inherits is added by Mainstay.', null=True, verbose_name='confidentiality')),
                ('integrity', models.PositiveSmallIntegerField(blank=True, choices=[(1, 'low'), (2, 'medium'), (3, 'high'), (4, 'very high')], null=True, verbose_name='integrity')),
                ('availability', models.PositiveSmallIntegerField(blank=True, choices=[(1, 'low'), (2, 'medium'), (3, 'high'), (4, 'very high')], null=True, verbose_name='availability')),
                ('inherited_confidentiality', models.PositiveSmallIntegerField(choices=[(1, 'low'), (2, 'medium'), (3, 'high'), (4, 'very high')], editable=False, null=True, verbose_name='inherited confidentiality')),
                ('inherited_integrity', models.PositiveSmallIntegerField(choices=[(1, 'low'), (2, 'medium'), (3, 'high'), (4, 'very high')], editable=False, null=True, verbose_name='inherited integrity')),
                ('inherited_availability', models.PositiveSmallIntegerField(choices=[(1, 'low'), (2, 'medium'), (3, 'high'), (4, 'very high')], editable=False, null=True, verbose_name='inherited availability')),
                ('need', models.PositiveSmallIntegerField(choices=[(1, 'low'), (2, 'medium'), (3, 'high'), (4, 'very high')], editable=False, null=True, verbose_name='protection need')),
                ('need_changed_at', models.DateTimeField(editable=False, null=True)),
                ('location', models.CharField(blank=True, max_length=200, verbose_name='location')),
                ('encrypted', models.CharField(choices=[('yes', 'yes'), ('partly', 'partly'), ('no', 'no'), ('unknown', 'unknown')], default='unknown', max_length=10, verbose_name='encrypted at rest')),
                ('backup', models.CharField(blank=True, max_length=200, verbose_name='backup')),
                ('acquired_on', models.DateField(blank=True, null=True, verbose_name='in use since')),
                ('review_on', models.DateField(blank=True, null=True, verbose_name='next review')),
                ('remarks', models.TextField(blank=True, max_length=5000, verbose_name='remarks')),
                ('custodian', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='custodian')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('owner', models.ForeignKey(blank=True, help_text='The person accountable for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='owner')),
                ('unit', models.ForeignKey(help_text='Where in the organisation this belongs; decides who sees it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'asset',
                'verbose_name_plural': 'assets',
                'ordering': ('ref',),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'indexes': [models.Index(fields=['organisation', 'ref_order'], name='asset_order'), models.Index(fields=['organisation', 'name', 'id'], name='asset_name'), models.Index(fields=['organisation', 'kind', 'ref_order'], name='asset_kind'), models.Index(fields=['organisation', 'need', 'ref_order'], name='asset_need'), models.Index(fields=['owner', 'ref_order'], name='asset_owner')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'ref'), name='asset_ref_unique')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Dependency',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='linked')),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='linked by')),
                ('dependent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='supported_by', to='assets.asset')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('supporting', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='supports', to='assets.asset')),
            ],
            options={
                'verbose_name': 'dependency',
                'verbose_name_plural': 'dependencies',
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'constraints': [models.UniqueConstraint(fields=('dependent', 'supporting'), name='dependency_unique'), models.CheckConstraint(condition=models.Q(('dependent', models.F('supporting')), _negated=True), name='dependency_on_another', violation_error_message='An asset does not depend on itself.')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Process',
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
                ('criticality', models.PositiveSmallIntegerField(blank=True, choices=[(1, 'low'), (2, 'medium'), (3, 'high'), (4, 'vital')], null=True, verbose_name='criticality')),
                ('rto_hours', models.PositiveIntegerField(blank=True, help_text='Recovery time objective: back within.', null=True, verbose_name='RTO, hours')),
                ('rpo_hours', models.PositiveIntegerField(blank=True, help_text='Recovery point objective: data lost at most.', null=True, verbose_name='RPO, hours')),
                ('mtpd_hours', models.PositiveIntegerField(blank=True, help_text='Maximum tolerable period of disruption.', null=True, verbose_name='MTPD, hours')),
                ('inputs', models.TextField(blank=True, max_length=2000, verbose_name='inputs')),
                ('outputs', models.TextField(blank=True, max_length=2000, verbose_name='outputs')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('owner', models.ForeignKey(blank=True, help_text='The person accountable for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='owner')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='assets.process', verbose_name='part of')),
                ('unit', models.ForeignKey(help_text='Where in the organisation this belongs; decides who sees it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'process',
                'verbose_name_plural': 'processes',
                'ordering': ('ref',),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'constraints': [models.UniqueConstraint(fields=('organisation', 'ref'), name='process_ref_unique'), models.CheckConstraint(condition=models.Q(('mtpd_hours__isnull', True), ('rto_hours__isnull', True), ('rto_hours__lte', models.F('mtpd_hours')), _connector='OR'), name='process_recovers_in_time', violation_error_message='The recovery time (RTO) is longer than what can be tolerated (MTPD).')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='ProcessAsset',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='linked')),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='process_links', to='assets.asset')),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='linked by')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('process', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asset_links', to='assets.process')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'constraints': [models.UniqueConstraint(fields=('process', 'asset'), name='process_asset_unique')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
    ]
