-- Grain: check × table × delivery it judged × judgement, all months.
with judged as (
    select *, regexp_extract(delivery_id, '([0-9]{4}-[0-9]{2})-[0-9a-z]+$', 1) as delivered_in
    from lake.data_quality
),
followed as (
    select
        *,
        lead(outcome) over (
            partition by delivery_month, check_id, checked_table, delivery_id order by revision
        ) as next_outcome,
        -- An older delivery that passes, as in a run that falls back, solves nothing of a newer one.
        bool_or(outcome = 'passed') over (
            partition by check_id, checked_table
            order by delivered_in, judged_at, delivery_id, revision
            rows between 1 following and unbounded following
        ) as passed_since
    from judged
),
final as (
    select
        delivery_month, check_id, checked_table, delivery_id, title, severity, outcome, findings_count, at_stake_eur,
        observed, expected, message, action, accepted_by, accept_reason, revision, judged_at,
        case
            when outcome = 'passed' then null
            when coalesce(passed_since, false) then 'solved'
            when next_outcome is not null then 'replaced'
            when accepted_by is not null then 'accepted'
            else 'open'
        end as check_status
    from followed
)
select * from final
