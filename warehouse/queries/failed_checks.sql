-- Question: Which checks failed, and how much euro is at stake?
select delivery_month, check_id, severity, at_stake_eur, message
from marts.data_quality
where outcome <> 'passed'
order by at_stake_eur desc nulls last
