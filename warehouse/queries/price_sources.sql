-- Question: How many prices rest on each source of the decision rule?
select price_source, count(*)::bigint as prices_count
from latest.price_derivation
group by price_source
order by price_source
