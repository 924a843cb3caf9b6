"""What people have in a file, as rows of a panel or a triangle: columns, months, numbers, names; and what is odd."""
