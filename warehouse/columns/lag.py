"""Columns of the stage lag: months completed, the curve behind them, how they are revised."""

import polars as pl

from warehouse.contract import Column

EFFECTIVE_LAG_MONTHS = Column(
    "effective_lag_months",
    pl.Int32(),
    "months",
    "Lag less the deliveries its uitvoerder is behind; 0 or less: nothing of the month came in yet.",
    "Effectieve na-ijl (maanden)",
)
COMPLETENESS_RATIO = Column(
    "completeness_ratio",
    pl.Float64(),
    "ratio",
    "Share of the final claims that is normally known at this lag; above 1 when later corrections take back.",
    "Volledigheid",
)
A_PRIORI_VOLUME = Column(
    "a_priori_volume",
    pl.Float64(),
    "volume",
    "Units expected of the month before its own claims are seen; empty where none is needed.",
    "A-prioriverwachting",
)
COMPLETED_VOLUME = Column(
    "completed_volume",
    pl.Float64(),
    "volume",
    "Units of the month completed for lag; empty in forecast months and in scenarios that do not complete.",
    "Voltooid aantal",
)
COMMON_DEVIATION_RATIO = Column(
    "common_deviation_ratio",
    pl.Float64(),
    "ratio",
    "Relative standard deviation of the completed month, shared by all series of the uitvoerder.",
    "Spreiding (gedeeld)",
)
OWN_DEVIATION_RATIO = Column(
    "own_deviation_ratio",
    pl.Float64(),
    "ratio",
    "Relative standard deviation of the completed month, of this series alone.",
    "Spreiding (eigen)",
)
LAG_METHOD = Column(
    "lag_method",
    pl.String(),
    "text",
    "How the month was completed: bornhuetter_ferguson, chain_ladder, or declared (as it is).",
    "Methode na-ijl",
    allowed=("bornhuetter_ferguson", "chain_ladder", "declared"),
)
LOWER_80_RATIO = Column(
    "lower_80_ratio", pl.Float64(), "ratio", "Lower 80 % bound of the completeness.", "Ondergrens 80 %"
)
UPPER_80_RATIO = Column(
    "upper_80_ratio", pl.Float64(), "ratio", "Upper 80 % bound of the completeness.", "Bovengrens 80 %"
)
LOWER_95_RATIO = Column(
    "lower_95_ratio", pl.Float64(), "ratio", "Lower 95 % bound of the completeness.", "Ondergrens 95 %"
)
UPPER_95_RATIO = Column(
    "upper_95_ratio", pl.Float64(), "ratio", "Upper 95 % bound of the completeness.", "Bovengrens 95 %"
)
LINK_RATIO = Column(
    "link_ratio",
    pl.Float64(),
    "ratio",
    "Development factor: claims known one delivery later ÷ known at this lag, by credibility.",
    "Ontwikkelfactor",
)
CREDIBILITY_RATIO = Column(
    "credibility_ratio",
    pl.Float64(),
    "ratio",
    "Weight Z of the group's own link ratios; the rest is its uitvoerder's.",
    "Geloofwaardigheid",
    minimum=0,
    maximum=1,
)
LINK_RATIOS_COUNT = Column(
    "link_ratios_count", pl.Int64(), "count", "Deliveries the group's own link ratio rests on.", "Aantal verhoudingen"
)
EXCLUDED_COUNT = Column(
    "excluded_count",
    pl.Int64(),
    "count",
    "Deliveries of the uitvoerder left out because they were late or caught up.",
    "Uitgesloten leveringen",
)
CURVE_LEVEL = Column(
    "curve_level",
    pl.String(),
    "text",
    "Whose link ratio it is: the group's own by credibility, or its uitvoerder's: no credibility, or out of range.",
    "Niveau",
    allowed=("group", "uitvoerder"),
)
DRIFT_RATIO = Column(
    "drift_ratio",
    pl.Float64(),
    "ratio",
    "Mean link ratio of the uitvoerder over the last three deliveries ÷ that of the nine before, minus one.",
    "Verloop",
)
DRIFT_T_RATIO = Column(
    "drift_t_ratio",
    pl.Float64(),
    "ratio",
    "That drift in standard errors; beyond 3 the curve is changing.",
    "Verloop (t)",
)
MEAN_REVISION_RATIO = Column(
    "mean_revision_ratio",
    pl.Float64(),
    "ratio",
    "Mean of known now ÷ completed then, minus one: above 0 months were said too low.",
    "Gemiddelde bijstelling",
)
MEAN_ABSOLUTE_REVISION_RATIO = Column(
    "mean_absolute_revision_ratio",
    pl.Float64(),
    "ratio",
    "Mean absolute revision of a completed month.",
    "Gemiddelde absolute bijstelling",
)
REVISION_T_RATIO = Column(
    "revision_t_ratio",
    pl.Float64(),
    "ratio",
    "Mean revision ÷ its standard error; beyond 2 it is not chance.",
    "Bijstelling (t)",
)
REVISIONS_COUNT = Column(
    "revisions_count", pl.Int64(), "count", "Earlier deliveries compared.", "Aantal vergelijkingen"
)
BOUNDS_RATIO = (LOWER_80_RATIO, UPPER_80_RATIO, LOWER_95_RATIO, UPPER_95_RATIO)
