-- Grain: check × table × delivery it judged, all months.
with final as (
    select
        delivery_month, check_id, checked_table, delivery_id, title, severity, outcome, findings_count, at_stake_eur,
        observed, expected, message, action
    from lake.data_quality
)
select * from final
