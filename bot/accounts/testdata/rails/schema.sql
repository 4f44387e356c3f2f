-- What "rails db:migrate" makes of db/schema.rb:
--
--   create_enum "plan", ["free", "pro", "enterprise"]
--   create_table "accounts", id: :uuid do |t|
--     t.string "name", null: false
--     t.enum "plan", enum_type: "plan"
--     t.string "country", limit: 2
--     t.boolean "vip"
--     t.timestamps
--   end
--   create_table "users" do |t|
--     t.string "email", null: false
--     t.string "role", default: "agent", null: false
--   end
--   create_table "assignments" do |t|
--     t.references "account", type: :uuid, foreign_key: true
--     t.references "user", foreign_key: true
--     t.datetime "ended_at"
--   end
CREATE TYPE plan AS ENUM ('free', 'pro', 'enterprise');
CREATE TABLE accounts (
    id uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY,
    name character varying NOT NULL,
    plan plan,
    country character varying(2),
    vip boolean,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);
CREATE TABLE users (
    id bigserial PRIMARY KEY,
    email character varying NOT NULL,
    role character varying DEFAULT 'agent' NOT NULL
);
CREATE UNIQUE INDEX index_users_on_email ON users (lower(email));
CREATE TABLE assignments (
    id bigserial PRIMARY KEY,
    account_id uuid REFERENCES accounts,
    user_id bigint REFERENCES users,
    ended_at timestamp(6) without time zone
);
CREATE INDEX index_assignments_on_account_id ON assignments (account_id);

INSERT INTO users (id, email, role) VALUES (1, 'kim@example.com', 'lead'), (2, 'lee@example.com', 'agent');
INSERT INTO accounts (id, name, plan, country, vip, created_at, updated_at) VALUES
    ('5f0c6a52-1f0e-4c55-9f6c-0d6f0b1a2c3d', 'Acme', 'enterprise', 'de', true, now(), now()),
    ('0b5b9a0e-53c7-4dbd-9d5b-6a1f3c2d4e5f', 'Globex', NULL, NULL, NULL, now(), now());
INSERT INTO assignments (account_id, user_id, ended_at) VALUES
    ('5f0c6a52-1f0e-4c55-9f6c-0d6f0b1a2c3d', 1, NULL),
    ('5f0c6a52-1f0e-4c55-9f6c-0d6f0b1a2c3d', 2, now());
