-- Grain: decision of a person on a check of a delivery, all months.
with final as (
    select
        delivery_month, decision, check_id, delivery_id, decided_by, decision_reason, decided_at, rows_count, amount_eur
    from lake.check_decisions
)
select * from final
