-- name: search
SELECT accounts.id, accounts.name, accounts.plan::text,
       EXISTS (SELECT FROM assignments JOIN users ON users.id = assignments.user_id
               WHERE assignments.account_id = accounts.id AND assignments.ended_at IS NULL
                 AND lower(users.email) = lower($2::text)) AS is_assigned
FROM accounts
WHERE $1::text = '' OR accounts.id::text = $1 OR strpos(lower(accounts.name), lower($1)) > 0
ORDER BY accounts.id::text = $1 DESC, is_assigned DESC, starts_with(lower(accounts.name), lower($1)) DESC, accounts.name
LIMIT $3;

-- name: facts
-- requester_role is a fact of the person who asks: NULL, and so not known, for whoever isn't a user of the app.
SELECT accounts.id, accounts.name, accounts.plan::text, accounts.country, accounts.vip,
       EXISTS (SELECT FROM assignments
               WHERE assignments.account_id = accounts.id AND assignments.ended_at IS NULL
                 AND assignments.user_id = users.id) AS is_assigned,
       users.role AS requester_role
FROM accounts
LEFT JOIN users ON lower(users.email) = lower($2::text)
WHERE accounts.id = $1;
