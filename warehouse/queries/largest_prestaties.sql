-- Question: Which series carry the most euro in the forecast months of the year, and with which model?
select
    volumes.prestatiecode, volumes.wlz_uitvoerder, any_value(volumes.model) as model,
    sum(volumes.forecast_volume * prices.price_eur_per_unit) as forecast_eur
from latest.volume_forecast as volumes
join latest.price_derivation as prices
    on prices.budget_year = volumes.budget_year
    and prices.prestatiecode = volumes.prestatiecode and prices.wlz_uitvoerder = volumes.wlz_uitvoerder
group by volumes.prestatiecode, volumes.wlz_uitvoerder
having forecast_eur is not null
order by forecast_eur desc
limit 20
