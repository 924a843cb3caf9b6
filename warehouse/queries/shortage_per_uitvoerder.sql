-- Question: For whom is the zin kader not enough, and by how much?
select wlz_uitvoerder, available_eur, available_ratio
from marts.zin_uitvoerder
where scenario = 'letter' and available_eur < 0
    and delivery_month = (select max(delivery_month) from marts.zin_uitvoerder)
order by available_eur
