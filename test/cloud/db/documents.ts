// What the five documents list, read off them and not off our mapping, so that the two can be compared: document, table, columns.

export const DOCUMENTS: Record<string, Record<string, string>> = {
  Mousetrap: {
    devices:
      "id tenant_id name mac_address mqtt_client_id mqtt_username mqtt_password mqtt_password_plain claimed_at unclaimed_at last_seen online",
    claim_codes: "claim_code tenant_id device_name status expires_at claimed_by_device_id",
    device_claiming_queue: "id mac_address serial_number ip_address expires_at created_at",
    firmware_versions: "id version type file_path file_url sha256 changelog required global tenant_id",
    device_alerts: "id device_id tenant_id alert_type alert_status severity message triggered_at resolved_at",
    tenants: "id name created_at",
    users: "id email password_hash created_at",
    user_tenant_memberships: "user_id tenant_id role joined_at",
  },
  SmartHub: {
    users:
      "id email username password_hash first_name last_name avatar_url is_active email_verified email_verified_at last_login_at created_at updated_at deleted_at",
    roles: "id name description is_system created_at updated_at",
    user_roles: "id user_id role_id assigned_at assigned_by",
    api_keys: "id user_id key_hash name description last_used_at expires_at is_active created_at updated_at",
    sessions: "id user_id token_hash ip_address user_agent expires_at created_at",
    audit_logs: "id user_id entity_type entity_id action changes ip_address user_agent created_at",
  },
  Tasks: {
    users: "keycloak_id email user_type metadata",
    tenants: "slug type status keycloak_group_id",
    user_tenant_associations: "user_id tenant_id role status",
    sites: "tenant_id address latitude longitude timezone",
    user_site_assignments: "user_id site_id tenant_id assigned_by",
    devices: "site_id type serial_number status",
    audit_logs: "action resource_type resource_id details",
    tasks: "tenant_id user_id priority due_date",
    tenant_invitations: "email tenant_id role token expires_at",
  },
  TrossApp: {
    roles: "id name description is_active created_at updated_at",
    users: "id email auth0_id first_name last_name role_id is_active created_at updated_at",
    audit_logs:
      "id user_id action resource_type resource_id old_values new_values ip_address user_agent result error_message created_at",
    refresh_tokens:
      "id user_id token_id token_hash expires_at is_active ip_address user_agent created_at last_used_at revoked_at",
    work_orders: "id title is_active created_at updated_at",
  },
  VirtDevice: {
    tenants: "id name slug settings created_at updated_at",
    users:
      "id tenant_id email password_hash name role email_verified email_verification_token password_reset_token password_reset_expires last_login_at settings created_at updated_at",
    devices:
      "id tenant_id user_id name friendly_name device_type description manufacturer model alexa_endpoint_id alexa_display_categories alexa_capabilities ifttt_device_id is_online last_state_change metadata created_at updated_at",
    device_properties:
      "id device_id name value data_type min_value max_value allowed_values unit alexa_interface alexa_property_name last_changed_by last_changed_at created_at",
    oauth_clients:
      "id client_id client_secret name type redirect_uris allowed_scopes access_token_lifetime refresh_token_lifetime created_at updated_at",
    oauth_tokens:
      "id user_id client_id access_token access_token_expires_at refresh_token refresh_token_expires_at scope created_at",
    alexa_lwa_tokens:
      "id user_id access_token refresh_token access_token_expires_at token_type scope region created_at updated_at",
    ifttt_trigger_subscriptions:
      "id user_id trigger_type trigger_fields trigger_identity ifttt_source enabled created_at updated_at",
    subscriptions:
      "id user_id stripe_customer_id stripe_subscription_id tier status max_devices features current_period_start current_period_end cancel_at_period_end canceled_at trial_start trial_end created_at updated_at",
    webhooks:
      "id user_id device_id url events secret headers enabled last_triggered_at last_status_code failure_count created_at updated_at",
    activity_logs: "id tenant_id user_id device_id action details source ip_address user_agent created_at",
  },
};
