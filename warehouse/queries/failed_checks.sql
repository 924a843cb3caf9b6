-- Question: Which checks failed, and how much euro is at stake?
select check_id, severity, at_stake_eur, message
from latest.data_quality
where outcome <> 'passed' and check_status = 'open'
order by at_stake_eur desc nulls last, check_id, message
