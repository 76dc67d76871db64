"""Who may do what beyond what everyone may: scopes of users, changed on the table and nowhere else."""
