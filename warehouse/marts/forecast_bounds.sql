-- Grain: part × level × period × month: what is expected, and its bounds. Of series also whether the base holds them.
with final as (
    select bounds.*, codes.in_base
    from lake.forecast_bounds as bounds
    left join lake.code_list as codes on codes.prestatiecode = bounds.prestatiecode
)
select * from final
