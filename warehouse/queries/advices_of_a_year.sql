-- Question: What did the advices of a budget year expect of zin, one beside the other, and what came out?
select
    budget_year, advice_id, advice_state, author, scenario, expected_excl_extra_eur, budget_eur, available_eur,
    realised_eur, error_eur, error_ratio
from marts.forecast_vintages
where is_headline and wlz_uitvoerder = 'Landelijk' and part = 'zin'
order by budget_year, advice_id
