-- Grain: wlz_uitvoerder × lag in months: completed then against known now.
with final as (
    select
        delivery_month, budget_year, scenario, wlz_uitvoerder, lag_months, revisions_count,
        mean_revision_ratio, mean_absolute_revision_ratio, revision_t_ratio
    from lake.revision_statistics
)
select * from final
