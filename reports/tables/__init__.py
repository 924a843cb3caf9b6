"""Tables of the report: what a table is, and the same table as page, CSV, workbook and terminal."""
