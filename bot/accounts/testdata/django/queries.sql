-- name: search
SELECT a.id, a.name, a.plan,
       EXISTS (SELECT FROM app_account_assigned_staff s JOIN auth_user u ON u.id = s.user_id
               WHERE s.account_id = a.id AND u.is_active AND lower(u.email) = lower($2::text)) AS is_assigned
FROM app_account a
WHERE $1::text = '' OR a.id::text = $1 OR strpos(lower(a.name), lower($1)) > 0
ORDER BY a.id::text = $1 DESC, is_assigned DESC, starts_with(lower(a.name), lower($1)) DESC, a.name
LIMIT $3;

-- name: facts
SELECT a.id, a.name, a.plan,
       EXISTS (SELECT FROM app_account_assigned_staff s JOIN auth_user u ON u.id = s.user_id
               WHERE s.account_id = a.id AND u.is_active AND lower(u.email) = lower($2::text)) AS is_assigned,
       a.region, a.seats, a.credit, a.do_not_impersonate
FROM app_account a
WHERE a.id = $1;
