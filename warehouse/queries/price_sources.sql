-- Question: How many prices rest on each source of the decision rule?
select price_source, count(*)::bigint as prices_count
from marts.price_derivation
where scenario = 'letter' and delivery_month = (select max(delivery_month) from marts.price_derivation)
group by price_source
order by price_source
