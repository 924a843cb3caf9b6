-- Grain: check × table × delivery it judged × judgement, all months.
with judged as (
    select
        *,
        lead(outcome) over (
            partition by check_id, checked_table, delivery_id order by revision
        ) as next_outcome,
        bool_or(outcome = 'passed') over (
            partition by check_id, checked_table
            order by delivery_month, judged_at, delivery_id, revision
            rows between 1 following and unbounded following
        ) as passed_since
    from lake.data_quality
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
    from judged
)
select * from final
