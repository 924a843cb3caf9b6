-- Question: Which agreed prices were divided by 60, and on what evidence?
select
    wlz_uitvoerder, prestatiecode, reported_price_eur_per_unit, previous_price_eur_per_unit, unit_status, unit_evidence
from marts.price_derivation
where scenario = 'letter' and unit_factor = 60
    and delivery_month = (select max(delivery_month) from marts.price_derivation)
order by wlz_uitvoerder, prestatiecode
