-- Question: Which agreed prices were divided by 60, and on what evidence?
select
    wlz_uitvoerder, prestatiecode, reported_price_eur_per_unit, previous_price_eur_per_unit, unit_status, unit_evidence
from latest.price_derivation
where unit_factor = 60
order by wlz_uitvoerder, prestatiecode
