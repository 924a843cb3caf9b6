-- Grain: input of the advice.
with final as (
    select
        delivery_month, budget_year, scenario, input_name, input_version, content_hash, received_on, cut_off_date, rows_count, amount_eur,
        quarantined_count, quarantined_eur
    from lake.advice_provenance
)
select * from final
