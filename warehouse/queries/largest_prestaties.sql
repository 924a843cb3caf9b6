-- Question: Which prestaties carry the largest forecast volume, and with which model?
select prestatiecode, wlz_uitvoerder, sum(forecast_volume) as forecast_volume, any_value(model) as model
from marts.volume_forecast
where forecast_volume is not null and delivery_month = (select max(delivery_month) from marts.volume_forecast)
group by prestatiecode, wlz_uitvoerder
order by forecast_volume desc
limit 20
