import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import mainstay.kit.uuid7
import mainstay.platform.records.models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('assets', '0001_initial'),
        ('identity', '0001_initial'),
        ('units', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Supplier',
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
                ('state', models.CharField(choices=[('active', 'in use'), ('candidate', 'candidate'), ('ended', 'ended')], default='active', editable=False, max_length=30, verbose_name='state')),
                ('criticality', models.PositiveSmallIntegerField(blank=True, choices=[(1, 'low'), (2, 'medium'), (3, 'high'), (4, 'vital')], help_text='How much stops if they stop. Left empty, it counts as vital.', null=True, verbose_name='criticality')),
                ('data', models.CharField(blank=True, choices=[('none', 'none of ours'), ('internal', 'internal'), ('confidential', 'confidential or personal'), ('strict', 'strictly confidential or special category')], help_text='Left empty, it counts as strictly confidential.', max_length=20, verbose_name='most sensitive data they hold')),
                ('data_categories', models.CharField(blank=True, max_length=500, verbose_name='data categories')),
                ('services', models.TextField(blank=True, max_length=5000, verbose_name='services')),
                ('contact_email', models.EmailField(blank=True, max_length=254, verbose_name='contact e-mail')),
                ('country', models.CharField(blank=True, max_length=60, verbose_name='country')),
                ('certificate', models.CharField(blank=True, help_text='As ISO/IEC 27001, by whom.', max_length=200, verbose_name='certificate')),
                ('certificate_until', models.DateField(blank=True, null=True, verbose_name='certificate valid until')),
                ('contract_until', models.DateField(blank=True, null=True, verbose_name='contract until')),
                ('exit_plan', models.TextField(blank=True, help_text='How you would leave, and get your data back (A.5.23).', max_length=5000, verbose_name='exit plan')),
                ('tier', models.PositiveSmallIntegerField(choices=[(1, '1: decides over us'), (2, '2: important'), (3, '3: ordinary'), (4, '4: replaceable')], default=1, editable=False, verbose_name='tier')),
                ('last_assessed_on', models.DateField(editable=False, null=True, verbose_name='last assessed')),
                ('last_score', models.PositiveSmallIntegerField(editable=False, null=True, verbose_name='last score')),
                ('last_result', models.CharField(blank=True, choices=[('passed', 'suitable'), ('conditional', 'suitable with conditions'), ('failed', 'not suitable')], editable=False, max_length=20, verbose_name='last result')),
                ('next_assessment_on', models.DateField(editable=False, null=True, verbose_name='next assessment')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('owner', models.ForeignKey(blank=True, help_text='The person accountable for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='owner')),
                ('unit', models.ForeignKey(help_text='Where in the organisation this belongs; decides who sees it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'supplier',
                'verbose_name_plural': 'suppliers',
                'ordering': ('ref',),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'indexes': [models.Index(fields=['organisation', 'state', 'next_assessment_on'], name='supplier_assessment_due')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'ref'), name='supplier_ref_unique')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='SupplierAssessment',
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
                ('assessed_on', models.DateField(editable=False, verbose_name='assessed on')),
                ('management', models.CharField(blank=True, choices=[('yes', 'yes, shown'), ('partly', 'partly'), ('no', 'no')], editable=False, help_text='Certified, audited, or an ISMS they let you see.', max_length=10, verbose_name='managed security')),
                ('contract', models.CharField(blank=True, choices=[('yes', 'yes, shown'), ('partly', 'partly'), ('no', 'no')], editable=False, help_text='Duties, audit right and what happens at the end (A.5.20).', max_length=10, verbose_name='security in the contract')),
                ('access', models.CharField(blank=True, choices=[('yes', 'yes, shown'), ('partly', 'partly'), ('no', 'no')], editable=False, help_text='Own accounts, multi-factor sign-in, leavers removed.', max_length=10, verbose_name='access under control')),
                ('protection', models.CharField(blank=True, choices=[('yes', 'yes, shown'), ('partly', 'partly'), ('no', 'no')], editable=False, help_text="Encrypted, apart from other customers' data, located where agreed.", max_length=10, verbose_name='data protected')),
                ('incidents', models.CharField(blank=True, choices=[('yes', 'yes, shown'), ('partly', 'partly'), ('no', 'no')], editable=False, help_text='They have to tell you, and whom, and within which hours.', max_length=10, verbose_name='incidents told in time')),
                ('chain', models.CharField(blank=True, choices=[('yes', 'yes, shown'), ('partly', 'partly'), ('no', 'no')], editable=False, help_text='You know them, and the same duties bind them (A.5.21).', max_length=10, verbose_name='their own suppliers known')),
                ('continuity', models.CharField(blank=True, choices=[('yes', 'yes, shown'), ('partly', 'partly'), ('no', 'no')], editable=False, help_text='Backups and recovery, tested within the year.', max_length=10, verbose_name='continuity tested')),
                ('leaving', models.CharField(blank=True, choices=[('yes', 'yes, shown'), ('partly', 'partly'), ('no', 'no')], editable=False, help_text='Data comes back in a usable form and is erased there (A.5.23).', max_length=10, verbose_name='you can leave')),
                ('score', models.PositiveSmallIntegerField(editable=False, verbose_name='score')),
                ('result', models.CharField(choices=[('passed', 'suitable'), ('conditional', 'suitable with conditions'), ('failed', 'not suitable')], editable=False, max_length=20, verbose_name='result')),
                ('notes', models.TextField(blank=True, editable=False, max_length=5000, verbose_name='notes')),
                ('assessed_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='assessed by')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('owner', models.ForeignKey(blank=True, help_text='The person accountable for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='owner')),
                ('supplier', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='suppliers.supplier', verbose_name='supplier')),
                ('unit', models.ForeignKey(help_text='Where in the organisation this belongs; decides who sees it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='unit')),
            ],
            options={
                'verbose_name': 'supplier assessment',
                'verbose_name_plural': 'supplier assessments',
                'ordering': ('-assessed_on',),
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'constraints': [models.UniqueConstraint(fields=('organisation', 'ref'), name='supplier_assessment_ref_unique'), models.CheckConstraint(condition=models.Q(('score__lte', 100)), name='supplier_assessment_score_possible')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='SupplierAsset',
            fields=[
                ('id', models.UUIDField(default=mainstay.kit.uuid7.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='linked')),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='supplier_links', to='assets.asset')),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person', verbose_name='linked by')),
                ('organisation', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit', verbose_name='organisation')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asset_links', to='suppliers.supplier')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped_for_system',
                'constraints': [models.UniqueConstraint(fields=('supplier', 'asset'), name='supplier_asset_unique')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped_for_system', django.db.models.manager.Manager()),
            ],
        ),
    ]
