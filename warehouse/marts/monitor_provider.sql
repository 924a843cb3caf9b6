-- Grain: zorgaanbieder × zorgkantoor. Internal: names providers.
with final as (
    select
        delivery_month, agb_code, zorgkantoor_code, zorgkantoorregio, wlz_uitvoerder, last_care_month, late_months,
        usual_month_eur, came_in_eur, expected_in_eur, declared_open_eur, expected_open_eur, hidden_eur,
        zorgkantoor_share_ratio, provider_flag, wrong_check_ids, wrong_eur
    from lake.monitor_provider
)
select * from final
