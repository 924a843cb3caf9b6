-- Question: What do volumes × prices come to, and is that the expectation of zin without extra items?
with valued as (
    select
        round_even(
            coalesce(volumes.completed_volume, volumes.observed_volume, volumes.forecast_volume)
            * prices.price_eur_per_unit, 2
        )::decimal(18, 2) as amount_eur
    from latest.volume_forecast as volumes
    join latest.price_derivation as prices
        on prices.budget_year = volumes.budget_year
        and prices.prestatiecode = volumes.prestatiecode and prices.wlz_uitvoerder = volumes.wlz_uitvoerder
    where volumes.in_base and year(volumes.care_month) = volumes.budget_year
)
select sum(amount_eur)::decimal(18, 2) as from_volumes_eur, national.expected_excl_extra_eur
from valued, latest.utilisation_national as national
where national.part = 'zin'
group by national.expected_excl_extra_eur
