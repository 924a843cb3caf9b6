-- Grain: part (zin, pgb) of the nation. Letter, table 1.
select
    delivery_month, budget_year, scenario, part,
    expected_excl_extra_eur, expected_eur, budget_eur, available_eur, available_ratio,
    lower_80_eur, upper_80_eur, lower_95_eur, upper_95_eur,
    available_lower_80_eur, available_upper_80_eur, available_lower_95_eur, available_upper_95_eur,
    transfer_possible_eur, available_after_transfer_eur, available_after_transfer_ratio,
    redistribution_reserve_eur, reserve_needed_ratio, reserve_left_eur
from staged.utilisation_with_bounds
where level = 'national'
