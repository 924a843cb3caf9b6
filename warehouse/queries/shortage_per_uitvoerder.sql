-- Question: For whom is the zin kader not enough, and by how much?
select wlz_uitvoerder, available_eur, available_ratio
from latest.zin_uitvoerder
where available_eur < 0
order by available_eur
