-- One person may work for several tenants, with a role in each.

-- UP
CREATE TABLE user_tenant_memberships (
  user_id uuid REFERENCES users (id) ON DELETE CASCADE,
  tenant_id uuid REFERENCES tenants (id) ON DELETE CASCADE,
  role varchar CONSTRAINT user_tenant_memberships_role_listed CHECK (role IN ('viewer', 'operator', 'admin', 'superadmin')),
  joined_at timestamp,
  PRIMARY KEY (user_id, tenant_id)
);

-- DOWN
DROP TABLE user_tenant_memberships;
